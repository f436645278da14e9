"""A simulated round is what it says: same seed same bytes, truth re-added slowly, every defect found, no clean form touched."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveys.definitions.check import check
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument, Item
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from surveys.simulation.population import Population, Simulation, cut_points
from surveys.simulation.simulate import simulate, sources_of_chance
from surveys.simulation.simulated_round import SimulatedRound, play
from surveys.simulation.simulation_toml import read_plan
from surveys.validity.dispositions import Dispositions
from surveys.validity.screening import screen

SAMPLE = Path(__file__).parents[3] / "data-sample" / "ha-noi-2023"
HANOI = "ha-noi/2023"
SMALL = 0.15
Screened = Callable[[str, int], tuple[StudyDefinition, Returns, Dispositions, Path]]


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> Screened:
    """A small round simulated, read back and screened; each is made once."""

    @cache
    def made(instrument: str, seed: int) -> tuple[StudyDefinition, Returns, Dispositions, Path]:
        folder = tmp_path_factory.mktemp("rounds") / "round"
        simulate(instrument, seed, folder, scale=SMALL)
        study = load_study(folder)
        returns = read_returns(study)
        return study, returns, screen(study, returns), folder

    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def listed_defects(folder: Path) -> set[tuple[str, str]]:
    with (folder / "defects.csv").open(encoding="utf-8", newline="") as lines:
        return {(line["form_code"], line["rule"]) for line in csv.DictReader(lines)}


@pytest.mark.long
def test_the_same_seed_gives_the_same_bytes(screened: Screened, tmp_path: Path) -> None:
    simulate(HANOI, 1, tmp_path / "again", scale=SMALL)
    first, other = (contents(screened(HANOI, seed)[3]) for seed in (1, 2))
    again = contents(tmp_path / "again")
    assert first == again
    assert {Path(name).suffix for name in first} == {".toml", ".csv", ".xlsx", ".sav"}
    assert first["truth.csv"] != other["truth.csv"]


@pytest.mark.long
@pytest.mark.parametrize("instrument", shipped())
@pytest.mark.parametrize("seed", [1, 2])
def test_every_defect_is_found_and_no_clean_form_is_touched(
    screened: Screened, instrument: str, seed: int
) -> None:
    _study, returns, result, folder = screened(instrument, seed)
    defects = listed_defects(folder)
    codes = returns.rows["form_code"].to_numpy(object)[result.reasons["row"].to_numpy(int)]
    found = set(zip(codes, result.reasons["rule"], strict=True))
    assert defects <= found
    held = set(codes[(result.reasons["severity"] != "flag").to_numpy()])
    assert held <= {code for code, _ in defects}


@pytest.mark.long
@pytest.mark.parametrize("instrument", shipped())
def test_the_folder_is_a_complete_study(screened: Screened, instrument: str) -> None:
    _study, _returns, result, folder = screened(instrument, 1)
    assert [problem.code for problem in check(folder) if problem.severity == "error"] == []
    funnel = result.funnel
    assert (funnel["returned"] == funnel[["valid", "review", "rejected"]].sum(axis=1)).all()
    issued = funnel[funnel["issued"] > 0]
    assert (issued["returned"] <= issued["issued"]).all()
    assert (issued["valid"] > 0).all()


def test_every_declared_rule_has_its_defects() -> None:
    with (SAMPLE / "defects.csv").open(encoding="utf-8", newline="") as lines:
        found = {line["rule"] for line in csv.DictReader(lines)}
    assert found == {rule.rule for rule in load_instrument(HANOI).rules}


def test_no_defects_on_request(tmp_path: Path) -> None:
    simulate(HANOI, 4, tmp_path / "clean", scale=SMALL, defects=False)
    study = load_study(tmp_path / "clean")
    returns = read_returns(study)
    result = screen(study, returns)
    assert listed_defects(tmp_path / "clean") == set()
    assert set(result.disposition) == {"valid", "second_entry"}


# --- the truth, re-derived slowly -------------------------------------------------------------------------------------


def played(instrument: Instrument, seed: int = 7) -> SimulatedRound:
    return play(Simulation(instrument, read_plan(instrument), SMALL, *sources_of_chance(seed)), False)


def item_mean(instrument: Instrument, population: Population, item: Item, unit: int) -> float:
    """Mean value of an item over everybody of the unit who would answer, person by person."""
    k = population.items.index(item)
    scale = instrument.scale[item.scale]
    values = [level.values[0] for level in scale.levels]
    low, high = item.minimum or 0.0, 1.0 if item.maximum is None else item.maximum
    total, count = 0.0, 0
    for row in range(len(population.unit)):
        answer = int(population.answers[row, k])
        if population.unit[row] == unit and population.rated[row] and answer >= 0:
            z = (values[answer] - low) / (high - low)
            total += 1 - z if item.reverse else z
            count += 1
    return total / count


def test_truth_of_hanoi_added_up_person_by_person() -> None:
    """One district: sub-criteria as means of items per group, equal weights over groups, 32 points."""
    instrument = load_instrument(HANOI)
    round_ = played(instrument)
    truth = (
        next(t for t in round_.truths if t.block == "huyen")
        .table()
        .set_index(["unit_code", "node_code", "group"])
    )
    unit, u, points = "tay-ho", 2, 0.0
    for node in instrument.nodes:
        items = instrument.items_of_node.get(node.code, ())
        if not items:
            continue
        by_group = {}
        for form in [q for q in instrument.questionnaires if q.block == "huyen"]:
            asked = [item for item in items if form.code in item.questionnaires]
            if asked:
                means = [item_mean(instrument, round_.populations[form.code], item, u) for item in asked]
                by_group[form.group] = statistics.mean(means)
                expected = truth.loc[(unit, node.code, form.group), "score"]
                assert by_group[form.group] == pytest.approx(expected, rel=1e-12)
        assert set(by_group) == {group for group, _ in node.groups}
        over_groups = statistics.mean(by_group.values())
        assert over_groups == pytest.approx(truth.loc[(unit, node.code, "all"), "score"], rel=1e-12)
        assert node.max_points is not None
        points += over_groups * node.max_points
    assert points / 32 == pytest.approx(truth.loc[(unit, "0", "all"), "score"], rel=1e-12)


@pytest.mark.long
def test_truth_of_papi_is_rescaled() -> None:
    """Sub-dimension 1.1: (0.25 + 2.25 · mean of items) / 2.5."""
    instrument = load_instrument("papi/2021")
    round_ = played(instrument)
    truth = round_.truths[0].table().set_index(["unit_code", "node_code", "group"])["score"]
    population = round_.populations["nguoi-dan"]
    items = instrument.items_of_node["1.1"]
    mean = statistics.mean(item_mean(instrument, population, item, 0) for item in items)
    unit = population.units[0].code
    assert truth[unit, "1.1", "citizens"] == pytest.approx((0.25 + 2.25 * mean) / 2.5, rel=1e-12)


@pytest.mark.long
def test_truth_of_sipas_is_pooled() -> None:
    """Factor 1: all satisfied answers over all answers to its items."""
    instrument = load_instrument("sipas/2023")
    round_ = played(instrument)
    truth = round_.truths[0].table().set_index(["unit_code", "node_code", "group"])["score"]
    population = round_.populations["nguoi-dan"]
    satisfied = answered = 0
    for item in instrument.items_of_node["1"]:
        k = population.items.index(item)
        levels = instrument.scale[item.scale].levels
        for answer in population.answers[population.unit == 0, k].tolist():
            answered += answer >= 0
            satisfied += answer >= 0 and levels[answer].satisfied
    unit = population.units[0].code
    assert truth[unit, "1", "citizens"] == pytest.approx(satisfied / answered, rel=1e-12)


# --- sampling and model -----------------------------------------------------------------------------------------------


def test_frames_are_the_populations_and_samples_come_from_them() -> None:
    round_ = played(load_instrument(HANOI))
    for code, drawn in round_.samples.items():
        assert len(np.unique(drawn.persons)) == len(drawn.persons)
        assert len(drawn.issued) == len(drawn.persons) + len(drawn.unreturned)
        assert len(round_.forms[code]) == len(drawn.persons)
    assert round_.populations["so-1"].persons == round(95 * SMALL)


def test_a_matrix_rater_leaves_out_the_own_unit() -> None:
    population = played(load_instrument(HANOI)).populations["so-1"]
    own = population.own_unit[population.person] == population.unit
    assert not population.rated[own].any()


@pytest.mark.parametrize("score", [0.3, 0.65, 0.9, 0.97])
def test_cut_points_give_the_intended_mean(score: float) -> None:
    """Mean value of a standard normal answer cut there, by numerical integration."""
    values = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    cuts = cut_points(values, np.array([score]))[0]
    z = np.linspace(-9, 9, 400_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    level = np.searchsorted(cuts, z)
    assert float(np.trapezoid(values[level] * density, z)) == pytest.approx(score, abs=1e-4)


def test_clean_forms_differ_and_vary() -> None:
    round_ = played(load_instrument(HANOI))
    for forms in round_.forms.values():
        answers = forms.answers.reshape(-1, forms.answers.shape[2])
        rated = answers[(answers >= 0).sum(axis=1) >= 10]
        assert (np.where(rated >= 0, rated, 0).max(axis=1) > 0).all()
        keys = [tuple(row) for row in np.column_stack([forms.unit.ravel(), answers]).tolist()]
        full = [key for key, row in zip(keys, answers, strict=True) if (row >= 0).sum() >= 20]
        assert len(full) == len(set(full))


# --- refusals ---------------------------------------------------------------------------------------------------------


def codes_of(stopped: pytest.ExceptionInfo[SurveyError]) -> list[str]:
    return [problem.code for problem in stopped.value.problems]


def test_never_writes_over_anything(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SurveyError) as stopped:
        simulate(HANOI, 1, tmp_path)
    assert codes_of(stopped) == ["file.folder_not_empty"]
    assert contents(tmp_path) == {"notes.txt": b"mine"}


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_refuses_an_impossible_scale(tmp_path: Path, scale: float) -> None:
    with pytest.raises(SurveyError) as stopped:
        simulate(HANOI, 1, tmp_path / "out", scale=scale)
    assert codes_of(stopped) == ["fieldwork.scale"]
    assert not (tmp_path / "out").exists()


def own_instrument(tmp_path: Path, plan: str) -> Path:
    """The Hanoi edition as a folder of one's own with another plan."""
    folder = tmp_path / "edition"
    folder.mkdir()
    for name in ("instrument.toml", "tree.csv", "items.csv", "units.csv"):
        (folder / name).write_bytes((Path(load_instrument(HANOI).folder) / name).read_bytes())
    (folder / "simulation.toml").write_text(plan, encoding="utf-8")
    return folder


def test_names_every_fault_of_the_plan(tmp_path: Path) -> None:
    plan = """
hour = 1
[[cells]]
questionnaire = "so-9"
[[cells]]
questionnaire = "so-1"
population = [95, 60]
blank = 1.5
external_units = ["*"]
[[files]]
questionnaire = "so-3"
format = "sav"
[[files]]
questionnaire = "so-2"
format = "pdf"
[[texts]]
field = "name"
parts = [["x"]]
[[attributes]]
field = "sex"
questionnaires = ["so-5", "so-6"]
shares = { male = 0.5, female = 0.5 }
[[exclusions]]
block = "so"
unit = "none"
reason = "?"
[defects]
straigt_line = 3
too_fast = -1
"""
    with pytest.raises(SurveyError) as stopped:
        simulate(own_instrument(tmp_path, plan), 1, tmp_path / "out")
    places = {(problem.code, problem.column) for problem in stopped.value.problems}
    assert places == {
        ("record.unknown_key", "hour"),
        ("record.not_accepted", "files[2].format"),
        ("rule.unknown", "defects.straigt_line"),
        ("record.not_whole", "defects.too_fast"),
        ("reference.questionnaire", "cells[1].questionnaire"),
        ("reference.field", "texts[1].field"),
        ("reference.questionnaire", "attributes[1].questionnaires"),
        ("record.not_accepted", "exclusions[1].unit"),
        ("fieldwork.range", "cells[2].population"),
        ("fieldwork.range", "cells[2].blank"),
        ("fieldwork.matrix", "cells[2]"),
        ("fieldwork.matrix", "files[1]"),
    }
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_an_edition_of_ones_own_travels_with_the_study(tmp_path: Path) -> None:
    simulate(own_instrument(tmp_path, ""), 1, tmp_path / "out", scale=SMALL)
    study = load_study(tmp_path / "out")
    assert (tmp_path / "out" / "instrument" / "items.csv").is_file()
    assert len(read_returns(study)) > 0


def uncoded_instrument(tmp_path: Path, plan: str = "") -> Path:
    """The Hanoi edition without the column of form codes."""
    folder = own_instrument(tmp_path, plan)
    text = (folder / "instrument.toml").read_text(encoding="utf-8")
    before, _, after = text.partition('role = "form_code"')
    start, end = before.rindex("[[fields]]"), after.index("[[fields]]")
    (folder / "instrument.toml").write_text(before[:start] + after[end:], encoding="utf-8")
    return folder


@pytest.mark.long
def test_forms_without_a_column_of_codes_are_valid(tmp_path: Path) -> None:
    """No form waits for a code that it cannot have."""
    simulate(uncoded_instrument(tmp_path), 1, tmp_path / "out", scale=SMALL, defects=False)
    study = load_study(tmp_path / "out")
    returns = read_returns(study)
    assert study.issued == ()
    assert len(returns) > 0
    assert set(screen(study, returns).disposition) == {"valid"}


def test_forms_without_codes_are_not_entered_twice(tmp_path: Path) -> None:
    plan = '[[files]]\nquestionnaire = "so-3"\ndouble_entry = 0.5\n'
    with pytest.raises(SurveyError) as stopped:
        simulate(uncoded_instrument(tmp_path, plan), 1, tmp_path / "out")
    (told,) = stopped.value.problems
    assert (told.code, told.column) == ("fieldwork.entered_twice_without_codes", "files[1].double_entry")


# --- the sample -------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_sample_is_what_the_command_makes(tmp_path: Path) -> None:
    """Text files byte for byte; workbooks and statistical files by what they hold, since libraries pack them differently."""
    simulate(HANOI, 2023, tmp_path / "again")
    shipped_files, again = contents(SAMPLE), contents(tmp_path / "again")
    shipped_files.pop("README.md")
    assert shipped_files.keys() == again.keys()
    packed = {name for name in again if name.endswith((".xlsx", ".sav"))}
    assert {n: b for n, b in again.items() if n not in packed} == {
        n: b for n, b in shipped_files.items() if n not in packed
    }
    ours, theirs = (read_returns(load_study(folder)) for folder in (SAMPLE, tmp_path / "again"))
    pd.testing.assert_frame_equal(ours.rows, theirs.rows)
    assert np.array_equal(ours.answers, theirs.answers)


def test_the_sample_has_the_sizes_of_the_round() -> None:
    issued = pd.read_csv(SAMPLE / "issued.csv")["questionnaire"].value_counts()
    assert issued["so-1"] == 95
    assert issued["so-4"] + issued["so-5"] == 2550
    assert issued["huyen-4"] + issued["huyen-5"] == 9000
    assert sum(len(content) for content in contents(SAMPLE).values()) < 8_000_000
