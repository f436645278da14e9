"""From nothing to a first score: the commands as README and guide show them, from an empty folder, no TOML by hand."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import surveys as sv
from surveys.returns.files.opening import read_sheets
from tests.rounds.first_survey import workbook

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data-sample/first-survey"
GUIDE = [ROOT / "docs/vi/01-cuoc-dieu-tra-dau-tien.md", ROOT / "docs/en/01-a-first-survey.md"]
#: Columns of results that hold codes, which the definitions written by hand have chosen otherwise.
CODES = {"edition", "unit_code", "node_code", "group"}
SHOWN = [ROOT / "README.md", *GUIDE]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: Where the files of the sample lie, however a page names them.
FILES = {path.name: path for path in (SAMPLE / "khai-bao.xlsx", SAMPLE / "returns/google-forms.xlsx")}


def commands(page: Path) -> list[list[str]]:
    """The commands of the block that begins a study, without the one that installs."""
    text = next(found for found in BLOCK.findall(page.read_text("utf-8")) if "surveys new " in found)
    lines = [line.split("#")[0].split() for line in text.splitlines() if line.strip()]
    asked = [words[1:] for words in lines if words[0].endswith("surveys")]
    assert len(lines) <= 5
    return [[str(FILES.get(Path(word).name, word)) for word in words] for words in asked]


@pytest.mark.long
@pytest.mark.parametrize("page", SHOWN, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_the_commands_give_the_scores_of_the_definitions_written_by_hand(page: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    asked = commands(page)
    assert [words[0] for words in asked] == ["new", "add", "check", "score"]
    for words in asked:
        command = [sys.executable, "-m", "surveys", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    by_hand = sv.load(SAMPLE).score()
    by_hand.write(tmp_path / "by-hand")
    results = tmp_path / asked[-1][-1]
    for name in ("units.csv", "scores.csv"):
        assert figures(results / name) == figures(tmp_path / "by-hand" / name)


def figures(path: Path) -> list[dict[str, str]]:
    """What a table says, row by row, but for the codes by which it says it."""
    rows = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    return [{name: cell for name, cell in row.items() if name not in CODES} for row in rows]


def test_the_filled_workbook_is_made_by_its_command(tmp_path: Path) -> None:
    (tmp_path / "made.xlsx").write_bytes(workbook())
    made, kept = read_sheets(tmp_path / "made.xlsx"), read_sheets(SAMPLE / "khai-bao.xlsx")
    assert [sheet.name for sheet in made] == [sheet.name for sheet in kept]
    for one, other in zip(made, kept, strict=True):
        assert one.cells.tolist() == other.cells.tolist(), one.name
