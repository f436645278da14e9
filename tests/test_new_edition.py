"""A new edition is a folder of files: Hanoi 2025, in which communes are assessed instead of districts. No Python."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import questionnaires
from surveys.definitions.check import check
from surveys.definitions.study.reading import load_study
from surveys.handed_over import verify
from surveys.handover.package import deliver
from surveys.returns.reading import read_returns
from surveys.sampling.samples import draw_samples
from surveys.scoring.scored_round import ScoredRound
from surveys.scoring.scores import score
from surveys.simulation.simulate import simulate
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen

EDITION_2023 = Path(questionnaires.__file__).parent / "ha-noi" / "2023"
COMMUNES = (
    ("ba-dinh", "Phường Ba Đình", "Ba Dinh ward"),
    ("hoan-kiem", "Phường Hoàn Kiếm", "Hoan Kiem ward"),
    ("tay-ho", "Phường Tây Hồ", "Tay Ho ward"),
    ("dong-anh", "Xã Đông Anh", "Dong Anh commune"),
    ("soc-son", "Xã Sóc Sơn", "Soc Son commune"),
)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of 2023 with the block of districts turned into one of communes, by editing text."""
    folder = tmp_path_factory.mktemp("ha-noi") / "2025"
    folder.mkdir()
    for file in EDITION_2023.iterdir():
        text = file.read_text(encoding="utf-8-sig").replace("huyen", "xa")
        if file.name == "instrument.toml":
            text = text.replace('edition = "2023"', 'edition = "2025"')
        if (
            file.name == "simulation.toml"
        ):  # the communes exist from 2025-07-01 on; one target is a district's
            text = text.replace('"2023-', '"2025-').replace('"ha-dong"', '"dong-anh"')
        if file.name == "units.csv":
            text = _communes_for_districts(text)
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


def _communes_for_districts(text: str) -> str:
    rows = list(csv.DictReader(text.splitlines()))
    kept = [row for row in rows if row["block"] != "xa"]
    empty = dict.fromkeys(rows[0], "")
    kept += [
        empty | {"code": code, "block": "xa", "name_vi": vi, "name_en": en, "valid_from": "2025-07-01"}
        for code, vi, en in COMMUNES
    ]
    lines = [",".join(rows[0])]
    lines += [",".join(f'"{row[name]}"' for name in rows[0]) for row in kept]
    return "\n".join(lines) + "\n"


def test_the_new_edition_is_complete(edition: Path) -> None:
    assert [p.text("en") for p in check(edition) if p.severity == "error"] == []


@pytest.mark.long
def test_the_new_edition_is_simulated_scored_and_verified(edition: Path, tmp_path: Path) -> None:
    simulate(edition, 5, tmp_path / "round", scale=0.5)  # the smallest cells keep five forms
    study = load_study(tmp_path / "round")
    returns = read_returns(study)
    dispositions = screen(study, returns)
    screened = ScreenedRound(study, returns, dispositions)
    samples = draw_samples(screened)
    scores = score(screened, samples)
    assert study.instrument.name == "ha-noi/2025"
    assert list(scores.units.loc[scores.units["block"] == "xa", "unit_code"]) == [c for c, _, _ in COMMUNES]
    assert scores.units["percent"].notna().all()
    deliver(ScoredRound(ScreenedRound(study, returns, dispositions), samples, scores), tmp_path / "results")
    assert [p for p in verify(tmp_path / "results") if p.severity == "error"] == []
