"""The bounds for who did not answer are re-added from the printed scores: what was changed in them is found in its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Inference, WeightPlan
from surveys.handed_over import verify
from surveys.handover.nonresponse_checks import bounds_of_nonresponse
from surveys.handover.official_columns import TABLES
from surveys.handover.package import deliver, package
from surveys.handover.read_back import PrintedTable, read_printed
from surveys.handover.readding import readded
from surveys.handover.reconciliation import reconciled
from surveys.problems import Problem, Problems
from surveys.returns.reading import read_returns
from surveys.sampling.samples import draw_samples
from surveys.scoring.scored_round import ScoredRound
from surveys.scoring.scores import score
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen
from tests.surveys.handover.forging import edit, reseal

NAME, FILE = "nonresponse-bounds", "nonresponse-bounds.csv"


def scored(*groups: str) -> ScoredRound:
    """The small round, in which everybody of ``groups`` was asked."""
    plans = tuple(WeightPlan(group, census=True) for group in groups)
    study = replace(load_study(Path(__file__).parents[2] / "rounds" / "small"), weights=plans)
    returns = read_returns(study)
    screened = ScreenedRound(study, returns, screen(study, returns))
    samples = draw_samples(screened)
    return ScoredRound(screened, samples, score(screened, samples))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, PrintedTable]:
    """Scores, tree and bounds as they are printed."""
    folder, problems = tmp_path_factory.mktemp("printed"), Problems()
    files, found = package(scored("staff", "raters")), {}
    for name in ("scores", "tree", NAME):
        path = TABLES[name].path
        (folder / path).write_bytes(files[path])
        found[name] = read_printed(folder, path, TABLES[name], problems)
    assert not problems.errors
    return {name: printed for name, printed in found.items() if printed is not None}


def faults(tables: Mapping[str, PrintedTable], plan: Inference | None = None) -> set[tuple[str, str, str]]:
    """Code, column and row of everything that is found in the bounds."""
    bounds = tables[NAME]
    found: list[Problem] = [*readded(tables), *reconciled(tables)]
    found += bounds_of_nonresponse(bounds, tables["scores"], tables["tree"], plan or Inference())
    row = {int(line): " ".join(bounds.frame.iloc[k, 1:4]) for k, line in enumerate(bounds.lines)}
    return {(p.code, p.column or "", row[p.row or 0]) for p in found if p.file == FILE}


@pytest.mark.long
@pytest.mark.parametrize("groups", [("staff",), ("raters",), ("staff", "raters")])
def test_what_a_run_writes_agrees(groups: tuple[str, ...], tmp_path: Path) -> None:
    deliver(scored(*groups), tmp_path / "out")
    assert verify(tmp_path / "out") == ()
    assert not (tmp_path / "out" / "council" / FILE).exists()
    edit(tmp_path / "out" / FILE, lambda rows: rows[1].update(low_worst="0.0100000000"))
    reseal(tmp_path / "out")
    assert "verify.nonresponse_bound" in {p.code for p in verify(tmp_path / "out")}


def test_a_round_without_a_census_has_no_such_file() -> None:
    assert FILE not in package(scored())


def test_nothing_is_found_in_what_was_printed(tables) -> None:
    assert faults(tables) == set()


BOUND, REPEATED = "verify.nonresponse_bound", "verify.not_the_total"


@pytest.mark.parametrize(
    ("row", "column", "text", "code"),
    [
        ("p1 e staff", "low_delta", "0.0100000000", BOUND),
        ("p1 e staff", "high_delta", "0.9990000000", BOUND),
        ("p1 e staff", "high_worst", "0.9990000000", BOUND),
        ("p1 1.1.1 staff", "low_worst", "0.0100000000", BOUND),
        ("p1 1.1.1 all", "high_delta", "0.9990000000", BOUND),
        ("p1 1.1.2 staff", "low_worst", "0.0000100000", BOUND),
        ("p1 0 all", "low_worst", "0.0100000000", BOUND),
        ("p1 f staff", "response_rate", "0.9000000000", BOUND),
        ("p1 0 all", "score", "0.5000000000", REPEATED),
        ("p1 0 all", "ci_low", "0.0100000000", REPEATED),
        ("p1 0 all", "high_worst", "0.1000000000", "verify.limit_below"),
    ],
)
def test_what_was_changed_is_found(tables, row: str, column: str, text: str, code: str) -> None:
    bounds = tables[NAME]
    frame = bounds.frame.copy()
    place = frame[["unit_code", "node_code", "group"]].agg(" ".join, axis=1) == row
    assert place.sum() == 1
    frame.loc[place, column] = text
    found = faults({**tables, NAME: replace(bounds, frame=frame)})
    assert (code, column, row) in found


def test_another_shift_than_that_of_the_study_is_found(tables) -> None:
    found = faults(tables, Inference(nonresponse_shift=0.2))
    assert {(code, column) for code, column, _ in found} == {(BOUND, "low_delta"), (BOUND, "high_delta")}
