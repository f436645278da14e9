"""The same numbers, to the last bit, however the rows of returned files and the files themselves are shuffled."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from surveys.definitions.study.reading import load_study
from surveys.returns.reading import read_returns
from surveys.sampling.samples import Samples, draw_samples
from surveys.scoring.scores import Scores, score
from surveys.simulation.simulate import simulate
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen

pytestmark = pytest.mark.long

WEIGHT_KEYS = ["block", "unit_code", "group", "questionnaire", "form_code"]


def played(folder: Path) -> tuple[Samples, Scores]:
    study = load_study(folder)
    returns = read_returns(study)
    screened = ScreenedRound(study, returns, screen(study, returns))
    samples = draw_samples(screened)
    return samples, score(screened, samples)


def shuffle_csv(path: Path, chance: random.Random) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        heading, *rows = csv.reader(file)
    chance.shuffle(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([heading, *rows])


def shuffle_workbook(path: Path, chance: random.Random) -> None:
    book = openpyxl.load_workbook(path)
    for sheet in book:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        chance.shuffle(rows)
        for cells, values in zip(sheet.iter_rows(min_row=2), rows, strict=True):
            for cell, value in zip(cells, values, strict=True):
                cell.value = value
    book.save(path)


def shuffle_returns(path: Path, chance: random.Random) -> None:
    """Put the ``[[returns]]`` of a study in another order."""
    text = path.read_text(encoding="utf-8")
    tables = re.findall(r"\[\[returns\]\]\n(?:.+\n)+\n", text)
    rest = re.sub(r"\[\[returns\]\]\n(?:.+\n)+\n", "", text)
    chance.shuffle(tables)
    path.write_text(rest + "\n" + "".join(tables), encoding="utf-8")


@pytest.fixture(scope="module", params=["ha-noi/2023", "sipas/2023"])
def twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """A round with defects as it was read, and with everything shuffled."""
    folder = tmp_path_factory.mktemp("round") / "round"
    simulate(request.param, 11, folder, scale=0.1)
    before = played(folder)
    chance = random.Random(5)
    for path in sorted(folder.glob("returns/*.csv")):
        shuffle_csv(path, chance)
    for path in sorted(folder.glob("returns/*.xlsx")):
        shuffle_workbook(path, chance)
    shuffle_returns(folder / "study.toml", chance)
    return [before, played(folder)]


def test_scores_and_units_are_the_same_to_the_last_bit(twice) -> None:
    (_, before), (_, after) = twice
    for name in ("table", "units", "shares"):
        pd.testing.assert_frame_equal(getattr(before, name), getattr(after, name), check_exact=True)


def test_weights_and_diagnostics_are_the_same_to_the_last_bit(twice) -> None:
    (before, _), (after, _) = twice
    pd.testing.assert_frame_equal(before.summary, after.summary, check_exact=True)
    tables = (samples.weights.sort_values([*WEIGHT_KEYS, "weight"]) for samples in (before, after))
    first, second = (table.reset_index(drop=True) for table in tables)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
