"""The published tables as a study: every printed part becomes an estimate from elsewhere or final points of the council."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.reading import load_study
from surveys.returns.reading import read_returns
from surveys.sampling.samples import draw_samples
from surveys.scoring.scores import Scores, score
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen

PUBLISHED = Path(__file__).parents[2] / "data-sample" / "published"
EXTERNAL_COLUMNS = ("block", "unit", "node", "group", "score", "satisfaction_percent", "se", "document")


def printed(table: str) -> list[dict[str, str]]:
    with (PUBLISHED / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def last_digit(texts: Mapping[str, str]) -> Decimal:
    """Half a unit of the last digit of a column: of its longest number, since closing zeros may be dropped."""
    digits = max(len(text.partition(".")[2]) for text in texts.values())
    return Decimal(5).scaleb(-digits - 1)


def leaves(instrument: Instrument, values: Mapping[str, str]) -> dict[str, str]:
    """The printed values with no printed part below them."""
    parents = {instrument.node[code].parent for code in values}
    return {code: value for code, value in values.items() if code not in parents}


def write_study(
    folder: Path,
    instrument: str,
    unit: str,
    externals: Mapping[str, float],
    assessed: Mapping[str, str] | None = None,
) -> Path:
    """A study without a single form: ``externals`` node → score in [0, 1], ``assessed`` node → final points."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [("tinh", unit, node, "", repr(value), "", "0", "published") for node, value in externals.items()]
    _write(folder / "externals.csv", EXTERNAL_COLUMNS, rows)
    files = ['externals = "externals.csv"']
    if assessed:
        points = [("tinh", unit, node, value) for node, value in assessed.items()]
        _write(folder / "assessments.csv", ("block", "unit", "node", "final"), points)
        files.append('assessments = "assessments.csv"')
    heading = f'[study]\ncode = "published"\ninstrument = "{instrument}"\n'
    (folder / "study.toml").write_text(heading + "\n[files]\n" + "\n".join(files) + "\n", encoding="utf-8")
    return folder


def scored(folder: Path) -> Scores:
    """The study from its files to its scores."""
    study = load_study(folder)
    returns = read_returns(study)
    dispositions = screen(study, returns)
    screened = ScreenedRound(study, returns, dispositions)
    return score(screened, draw_samples(screened))


def of_unit(scores: Scores, unit: str) -> Any:
    """Results of a unit over the groups, by node."""
    table = scores.table
    return table[(table["unit_code"] == unit) & (table["group"] == "all")].set_index("node_code")


def index_of_unit(scores: Scores, unit: str) -> Any:
    """Both halves of a unit, by node."""
    return scores.index[scores.index["unit_code"] == unit].set_index("node_code")


def _write(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
