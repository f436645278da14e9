"""The figures of whole rounds: which there are, that they can be read, that a folder and a result at hand give the same."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import surveys as sv
from surveys.gap_report import gaps_of_round
from surveys.handover.analysed_results import analysed_results
from surveys.handover.round_results import verified_run
from surveys.handover.words import unit_name
from surveys.problems import SurveyError
from surveys.reports.analysis_report.reported_round import ReportedRound, RoundNames, reported_round
from surveys.reports.figures.canvas import svg_bytes
from surveys.reports.figures.drawings import figures_of
from surveys.reports.figures.of_report import drawings_of, drawn_round, keys_of
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.figures.layout import badly_set

FIRST = Path(__file__).parents[4] / "data-sample" / "first-survey"
EVERYWHERE = {"league-xa", "heat-xa", "groups-xa", "answers-xa", "funnel", "days"}
KEYS = {
    "tied": EVERYWHERE, "one": EVERYWHERE, "incomplete": EVERYWHERE, "lonely": EVERYWHERE, "named": EVERYWHERE,
    "renormalised": EVERYWHERE - {"groups-xa"}, "many": EVERYWHERE - {"heat-xa", "groups-xa"},
}  # fmt: skip


def reported(folder: Path) -> ReportedRound:
    verified = verified_run(folder)
    return reported_round(verified, gaps_of_round(analysed_results(verified)), "vi")


def badly_drawn(round_: ReportedRound) -> dict[tuple[str, str], list[str]]:
    """(language, key) → what is wrong, of figures in which anything is."""
    vietnamese = drawn_round(round_)
    units = {(unit.block, unit.code): unit_name(unit, "en") for unit in round_.instrument.units}
    english = replace(vietnamese, names=RoundNames(round_.instrument, "en", units))
    return {
        (of.language, key): found
        for of in (vietnamese, english)
        for key, drawn in figures_of(of).items()
        if (found := badly_set(drawn.draw()))
    }


@pytest.fixture(scope="module")
def first() -> sv.Result:
    return sv.load(FIRST).score()


@pytest.mark.long
@pytest.mark.parametrize("key", sorted(KEYS))
def test_rounds_that_are_hard_to_draw(results: Results, key: str) -> None:
    round_ = reported(results(key))
    assert keys_of(round_) == KEYS[key]
    assert badly_drawn(round_) == {}


@pytest.mark.long
@pytest.mark.parametrize("key", ["ha-noi", "sipas", "papi"])
def test_samples_can_be_read(results: Results, key: str) -> None:
    assert badly_drawn(reported(results(key))) == {}


@pytest.mark.long
def test_a_folder_and_a_result_at_hand_give_the_same_figures(first: sv.Result, tmp_path: Path) -> None:
    first.write(tmp_path / "results")
    drawings = drawings_of(reported(tmp_path / "results"))
    assert set(drawings) == {"league-xa", "heat-xa", "answers-xa", "funnel", "days"}
    plot = first.plot
    at_hand = {
        "league-xa": plot.league("xa"),
        "heat-xa": plot.heat(),
        "answers-xa": plot.answers(),
        "funnel": plot.funnel(),
        "days": plot.days(),
    }
    for key, figure in at_hand.items():
        assert svg_bytes(figure, drawings[key].about) == drawings[key].svg, key
    changed = plot.changes(first), plot.changes(tmp_path / "results")
    assert svg_bytes(changed[0], "") == svg_bytes(changed[1], "")
    with (tmp_path / "results" / "council" / "units.csv").open(encoding="utf-8-sig", newline="") as file:
        printed = [float(row["percent"]) for row in csv.DictReader(file) if row["percent"]]
    (line,) = [one for one in at_hand["league-xa"].axes[0].get_lines() if one.get_label() == "result"]
    assert sorted(np.asarray(line.get_xdata()).tolist()) == sorted(printed)


@pytest.mark.long
def test_what_cannot_be_drawn_is_told(first: sv.Result) -> None:
    asked = {
        "reference.block": lambda: first.plot.league("tinh"),
        "reference.unit": lambda: first.plot.groups(unit="x9"),
        "reference.model": lambda: first.plot.importance(model="chung"),
        "figures.nothing": lambda: first.plot.groups(),
    }
    for code, draw in asked.items():
        with pytest.raises(SurveyError) as told:
            draw()
        assert [problem.code for problem in told.value.problems] == [code]


@pytest.mark.long
def test_figures_speak_the_language_asked_for(first: sv.Result) -> None:
    figure = first.plot.in_language("en").league()
    assert figure.axes[0].get_xlabel() == "% of the maximum, 95 % intervals"
